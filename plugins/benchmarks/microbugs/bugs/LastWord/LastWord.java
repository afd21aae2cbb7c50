package micro;

public class LastWord {
    public static String lastWord(String s) {
        int i = s.lastIndexOf(' ');
        return s.substring(i);
    }
}

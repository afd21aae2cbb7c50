package micro;

public class InsertionSort {
    public static void sort(String[] words) {
        for (int i = 1; i < words.length; i++) {
            String word = words[i];
            int at = i;
            while (at > 1 && words[at - 1].compareTo(word) > 0) {
                words[at] = words[at - 1];
                at--;
            }
            words[at] = word;
        }
    }
}

package micro;

import java.util.List;

public class Contains {
    public static boolean contains(List<String> list, String s) {
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i).equals(s)) {
                return false;
            }
        }
        return false;
    }
}

package micro;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

public class CleanNames {
    /** Names without blanks around them, sorted; missing and blank ones are dropped. */
    public static List<String> clean(Collection<String> names) {
        return names.stream()
                .map(String::trim)
                .filter(name -> !name.isEmpty())
                .sorted()
                .collect(Collectors.toList());
    }
}

package harness.judge;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.internal.builders.AllDefaultPossibilitiesBuilder;
import org.junit.runner.Description;
import org.junit.runner.manipulation.Filter;
import org.junit.runner.manipulation.NoTestsRemainException;
import org.junit.runner.notification.RunNotifier;

/** The tests of a job: classes of JUnit 3 and 4, all or some of their methods. */
final class Tests {
    /** A test class or method does not exist: the message is its name. */
    static final class Missing extends Exception {
        private static final long serialVersionUID = 1L;

        Missing(String name) {
            super(name);
        }
    }

    private final Map<String, org.junit.runner.Runner> runners = new LinkedHashMap<>();

    Tests(ClassLoader loader, List<String> names) throws Missing {
        Map<String, Set<String>> wanted = new LinkedHashMap<>(); // methods by class; an empty set means all
        for (String name : names) {
            int colons = name.indexOf("::");
            Set<String> methods =
                    wanted.computeIfAbsent(colons < 0 ? name : name.substring(0, colons), any -> new TreeSet<>());
            if (colons >= 0) {
                methods.add(name.substring(colons + 2));
            }
        }
        AllDefaultPossibilitiesBuilder builder = new AllDefaultPossibilitiesBuilder();
        for (Map.Entry<String, Set<String>> entry : wanted.entrySet()) {
            Class<?> type;
            try {
                type = Class.forName(entry.getKey(), false, loader);
            } catch (ClassNotFoundException e) {
                throw new Missing(entry.getKey());
            }
            org.junit.runner.Runner runner = builder.safeRunnerForClass(type);
            if (!entry.getValue().isEmpty()) {
                filter(runner, entry.getKey(), entry.getValue());
            }
            runners.put(entry.getKey(), runner);
        }
    }

    private static void filter(org.junit.runner.Runner runner, String type, Set<String> methods) throws Missing {
        try {
            new Only(methods).apply(runner);
        } catch (NoTestsRemainException e) {
            throw new Missing(type + "::" + String.join(", ", methods));
        }
    }

    /** @param running is called with the name of each class before its tests */
    void run(RunNotifier notifier, Consumer<String> running) {
        runners.forEach((name, runner) -> {
            running.accept(name);
            runner.run(notifier);
        });
    }

    /** The name of a test method without the parameters that a parameterised test appends. */
    static String method(Description test) {
        String name = test.getMethodName();
        int bracket = name == null ? -1 : name.indexOf('[');
        return bracket > 0 ? name.substring(0, bracket) : name;
    }

    private static final class Only extends Filter {
        private final Set<String> methods;

        Only(Set<String> methods) {
            this.methods = methods;
        }

        @Override
        public boolean shouldRun(Description test) {
            if (test.isTest()) {
                return methods.contains(method(test));
            }
            return test.getChildren().stream().anyMatch(this::shouldRun);
        }

        @Override
        public String describe() {
            return "methods " + methods;
        }
    }
}

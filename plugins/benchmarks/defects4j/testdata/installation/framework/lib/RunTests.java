import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** Runs tests in this JVM, as ant does, and writes failing_tests and all_tests as Defects4J's formatter does. */
public class RunTests {
    public static void main(String[] classes) throws Exception {
        JUnitCore core = new JUnitCore();
        core.addListener(new Writer());
        for (String name : classes) {
            String[] parts = name.split("::");
            Class<?> type = Class.forName(parts[0], false, RunTests.class.getClassLoader());
            core.run(parts.length == 1 ? Request.aClass(type) : Request.method(type, parts[1]));
        }
        System.exit(0);
    }

    private static class Writer extends RunListener {
        private final Set<String> failed = new LinkedHashSet<>();

        @Override
        public void testStarted(Description test) throws IOException {
            append("all_tests", test.getMethodName() + "(" + test.getClassName() + ")\n");
        }

        @Override
        public void testFailure(Failure failure) throws IOException {
            Description test = failure.getDescription();
            String method = test.getMethodName();
            boolean whole = method == null || method.equals("initializationError") || method.equals("classMethod");
            String name = test.getClassName() + (whole ? "" : "::" + method.replaceAll("\\[.*", ""));
            if (failed.add(name)) {
                append("failing_tests", "--- " + name + "\n" + failure.getTrace());
            }
        }

        private static void append(String file, String text) throws IOException {
            try (PrintWriter out = new PrintWriter(new FileWriter(file, true))) {
                out.print(text);
            }
        }
    }
}

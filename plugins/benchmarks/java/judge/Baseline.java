package harness.judge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds out how a bug's own versions behave in this box, which decides what is allowed to candidates: what they may do, how
 * many steps they may take, and how many tests have to run.
 */
final class Baseline {
    private final CompileThread compileThread;
    private final Compiler compiler;
    private final Trial trial;

    Baseline(CompileThread compileThread, Compiler compiler, Trial trial) {
        this.compileThread = compileThread;
        this.compiler = compiler;
        this.trial = trial;
    }

    /** How tests run: a variant of the platform, and what is not asked of candidates since the reference fails so. */
    private static final class Setting {
        final Jvms.Platform platform;
        final boolean open;
        final boolean oneSided;

        Setting(Jvms.Platform platform, boolean open, boolean oneSided) {
            this.platform = platform;
            this.open = open;
            this.oneSided = oneSided;
        }
    }

    /**
     * Compiles what all candidates of a bug share, and runs the reference fix.
     *
     * @throws IllegalStateException if the reference cannot be measured now
     */
    Suite measure(Request request) throws IOException, InterruptedException {
        Suite suite;
        try {
            suite = compileThread.run(request.compileMillis, () -> new Suite(compiler, request));
        } catch (CompileThread.TooLong e) {
            throw new IllegalStateException("compile the tests: " + e.getMessage(), e);
        }
        if (request.reference.isEmpty()) {
            return suite;
        }
        if (!request.buggy.isEmpty()) {
            compile(suite, request, request.buggy);
        }
        Suite.Program reference = compile(suite, request, request.reference);
        if (!reference.ok) {
            suite.problem = "it does not compile: " + reference.messages.strip();
            return suite;
        }
        run(suite, request, reference);
        return suite;
    }

    private Suite.Program compile(Suite suite, Request request, String text) throws InterruptedException {
        try {
            Suite.Program program = compileThread.run(request.compileMillis, () -> suite.compile(request, text, true));
            if (!program.exhausted) {
                return program;
            }
            throw new IllegalStateException("compile a version of the bug: " + program.messages.strip());
        } catch (CompileThread.TooLong e) {
            throw new IllegalStateException("compile a version of the bug: " + e.getMessage(), e);
        }
    }

    /** Runs the reference with one setting after another until it passes, and keeps the best one. */
    private void run(Suite suite, Request request, Suite.Program reference) throws IOException, InterruptedException {
        List<Setting> settings = new ArrayList<>();
        for (Jvms.Platform platform : request.isProject() ? Jvms.Platform.values() : new Jvms.Platform[] {suite.platform}) {
            settings.add(new Setting(platform, false, false));
        }
        int platforms = settings.size();
        Setting best = null;
        TestJvm.Outcome found = null;
        for (int i = 0; i < settings.size(); i++) {
            Setting setting = settings.get(i);
            apply(suite, setting);
            TestJvm.Outcome outcome = trial.runReference(reference, request, suite);
            boolean failed = outcome.end == TestJvm.End.FAILED && !outcome.tally.late;
            if (outcome.end != TestJvm.End.PASSED && !failed) {
                // The reference may pass at another time, and its step count is kept as long as the box lives.
                throw new IllegalStateException("measure the reference fix: " + why(outcome));
            }
            if (!failed || found == null || outcome.tally.failed < found.tally.failed) {
                best = setting;
                found = outcome;
            }
            if (!failed) {
                break;
            }
            if (i == platforms - 1 && !request.referenceMayFail) {
                settings.add(new Setting(best.platform, false, true));
                if (request.isProject()) {
                    settings.add(new Setting(best.platform, true, true));
                }
            }
        }
        apply(suite, best);
        suite.granted = found.tally.learned;
        if (found.end == TestJvm.End.PASSED) {
            suite.setLimits(request, found.tally);
        } else {
            suite.problem = found.tally.why();
        }
    }

    private static String why(TestJvm.Outcome outcome) {
        switch (outcome.end) {
            case FAILED:
                return "it is too slow here: a test reached its own time limit; the first failure is " + outcome.tally.why();
            case TIMEOUT:
                return "it is too slow here: " + outcome.detail;
            default:
                return outcome.end + " " + outcome.detail;
        }
    }

    private static void apply(Suite suite, Setting setting) {
        suite.platform = setting.platform;
        suite.open = setting.open;
        suite.oneSided = setting.oneSided;
    }
}

package harness.judge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the tests of a program: in the warm JVM, in a fresh one, or in many. */
final class Trial {
    /** One in SAMPLE failures in the warm JVM is checked in a fresh one. */
    private static final int SAMPLE = 32;

    private final Box box;
    private final Jvms jvms;
    /** Whether the box must not be used again. */
    private boolean spent;

    Trial(Box box, Jvms jvms) {
        this.box = box;
        this.jvms = jvms;
    }

    boolean spent() {
        return spent;
    }

    /** The result of a program. */
    static final class Result {
        TestJvm.Outcome outcome;
        /** Fresh JVMs that it ran in, and in how many of them it passed, if their results differ; otherwise 0. */
        int runs;

        int passes;
        /** How the result was found. */
        final Map<String, Object> counts = new LinkedHashMap<>();

        private void count(String what) {
            counts.merge(what, 1, (a, b) -> (Integer) a + (Integer) b);
        }
    }

    /** Runs a version of the bug, which may do what it likes and take all steps that it needs. */
    TestJvm.Outcome runReference(Suite.Program program, Request request, Suite suite)
            throws IOException, InterruptedException {
        Job job = newJob(program, request, suite);
        job.steps = Long.MAX_VALUE;
        job.all = true;
        job.learn = true;
        return runFresh(job, request, suite);
    }

    /**
     * Runs a candidate. A shareable one runs in the warm JVM first. A pass there is always confirmed in a fresh JVM, and so
     * is an outcome that may depend on earlier programs, and one failure in SAMPLE.
     */
    Result run(Suite.Program program, Request request, Suite suite) throws IOException, InterruptedException {
        Job job = newJob(program, request, suite);
        Result result = new Result();
        TestJvm.Outcome quick = null;
        if (program.shareable) {
            quick = jvms.runInWarm(job, request);
            result.count("warm");
            boolean sampled = Math.floorMod(request.text.hashCode(), SAMPLE) == 0;
            if (quick.isClean() && quick.end != TestJvm.End.PASSED && !sampled && !program.chance.dependsOnHistory(quick.tally)) {
                result.outcome = quick;
                return result;
            }
        }
        result.outcome = runFresh(job, request, suite);
        result.count("fresh");
        int runs = program.chance.runs();
        if (quick != null && quick.isClean()) {
            result.count(quick.end == TestJvm.End.PASSED ? "passes confirmed" : "failures confirmed");
            if (quick.end != result.outcome.end) {
                result.count("differences");
                // One that depends on what the JVM did before needs no other explanation.
                runs = Math.max(runs, program.chance.dependsOnHistory(quick.tally) ? Chance.FEW : Chance.MANY);
            }
        }
        repeat(job, request, suite, result, runs);
        return result;
    }

    /** Runs a candidate in more fresh JVMs, to that number, or until it reached the limit by the clock in a FEW. */
    private void repeat(Job job, Request request, Suite suite, Result result, int wanted)
            throws IOException, InterruptedException {
        if (!result.outcome.hasVerdict()) {
            return;
        }
        int passes = result.outcome.end == TestJvm.End.PASSED ? 1 : 0;
        int runs = 1;
        int late = result.outcome.end == TestJvm.End.TIMEOUT ? 1 : 0;
        for (; runs < wanted && late < Chance.FEW && !spent; runs++) {
            TestJvm.Outcome again = runFresh(job, request, suite);
            result.count("fresh");
            if (!again.hasVerdict()) {
                result.outcome = again;
                return;
            }
            passes += again.end == TestJvm.End.PASSED ? 1 : 0;
            late += again.end == TestJvm.End.TIMEOUT ? 1 : 0;
            if (again.end != TestJvm.End.PASSED && result.outcome.end == TestJvm.End.PASSED) {
                result.outcome = again; // a failure says more than a pass
            }
        }
        if (passes > 0 && passes < runs) {
            result.runs = runs;
            result.passes = passes;
        }
    }

    private static Job newJob(Suite.Program program, Request request, Suite suite) {
        Job job = new Job();
        job.classes = program.classes;
        job.candidate = List.copyOf(program.own);
        job.tests = request.tests;
        job.forgiven = request.forgiven;
        job.known = request.known;
        job.classpath = request.classpath;
        job.granted = suite.granted;
        job.equality = suite.reach.equality();
        job.tree = request.tree;
        job.open = suite.open;
        job.oneSided = suite.oneSided;
        job.all = request.all;
        job.steps = suite.steps;
        return job;
    }

    private TestJvm.Outcome runFresh(Job job, Request request, Suite suite) throws IOException, InterruptedException {
        if (request.isProject()) {
            box.copy(Path.of(request.tree), request.workFolder(box.folder()));
        }
        TestJvm.Outcome outcome = jvms.runInFresh(job, request, suite.platform);
        // Processes that a candidate left running may still write, so only an idle box is emptied.
        spent |= !box.isIdle(jvms.warmPid()) || !box.empty(!suite.open && !suite.writes()) || !box.isUnchanged();
        return outcome;
    }
}

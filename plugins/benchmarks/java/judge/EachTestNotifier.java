package org.junit.internal.runners.model;

import java.util.ArrayList;
import java.util.List;
import org.junit.internal.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.MultipleFailureException;

/**
 * Replaces JUnit's class of this name, with which all its runners for JUnit 4 report what a test threw. JUnit's class
 * reports the parts of a {@link MultipleFailureException}, and asks the exception for them. A candidate could throw one
 * that has no parts, and the test would pass. With this class, every exception is a failure.
 */
public class EachTestNotifier {
    /** The most parts of an exception that are reported. */
    private static final int PARTS = 16;

    private final RunNotifier notifier;
    private final Description description;

    public EachTestNotifier(RunNotifier notifier, Description description) {
        this.notifier = notifier;
        this.description = description;
    }

    public void addFailure(Throwable thrown) {
        for (Throwable part : parts(thrown)) {
            notifier.fireTestFailure(new Failure(description, part));
        }
    }

    /** The parts of an exception, or the exception itself if it has none. */
    private static List<Throwable> parts(Throwable thrown) {
        List<Throwable> parts = new ArrayList<>();
        if (thrown instanceof MultipleFailureException) {
            try {
                for (Throwable part : ((MultipleFailureException) thrown).getFailures()) {
                    if (part != null && parts.size() < PARTS) {
                        parts.add(part);
                    }
                }
            } catch (Throwable e) {
                // This is code of the candidate, which may throw an exception with which JUnit ends the run.
            }
        }
        return parts.isEmpty() ? List.of(thrown) : parts;
    }

    public void addFailedAssumption(AssumptionViolatedException thrown) {
        notifier.fireTestAssumptionFailed(new Failure(description, thrown));
    }

    public void fireTestFinished() {
        notifier.fireTestFinished(description);
    }

    public void fireTestStarted() {
        notifier.fireTestStarted(description);
    }

    public void fireTestIgnored() {
        notifier.fireTestIgnored(description);
    }

    public void fireTestSuiteStarted() {
        notifier.fireTestSuiteStarted(description);
    }

    public void fireTestSuiteFinished() {
        notifier.fireTestSuiteFinished(description);
    }
}

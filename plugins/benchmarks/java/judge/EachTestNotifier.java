package org.junit.internal.runners.model;

import java.util.ArrayList;
import java.util.List;
import org.junit.internal.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.MultipleFailureException;

/**
 * Stands in front of JUnit's class of this name, by which all of its runners for JUnit 4 tell what a test has thrown.
 * JUnit's reports the parts of a {@link MultipleFailureException} and asks the exception for them: one thrown by a
 * candidate says that it has none, and the test that threw it has passed. Here whatever is thrown is a failure.
 */
public class EachTestNotifier {
    /** How many parts of an exception are told. */
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

    /** The parts of an exception, at least one; itself where it is not made of any. */
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
                // The candidate's code, which may throw what JUnit takes for the end of the run.
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

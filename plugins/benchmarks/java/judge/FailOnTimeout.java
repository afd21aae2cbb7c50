package org.junit.internal.runners.statements;

import harness.judge.TimeLimit;
import java.util.concurrent.TimeUnit;
import org.junit.runners.model.Statement;

/**
 * Replaces JUnit's class of this name, with which all its runners and rules limit the time of a test: JUnit's goes by the
 * clock, so that verdicts would depend on the load of the machine.
 */
public class FailOnTimeout extends Statement {
    private final Statement test;
    private final long limitMillis;

    public static Builder builder() {
        return new Builder();
    }

    public FailOnTimeout(Statement test, long limitMillis) {
        this.test = test;
        this.limitMillis = limitMillis;
    }

    /** As in JUnit. */
    public static class Builder {
        private long limitMillis;

        private Builder() {}

        public Builder withTimeout(long limit, TimeUnit unit) {
            if (limit < 0 || unit == null) {
                throw new IllegalArgumentException("the time limit " + limit + " " + unit + " is negative, or has no unit");
            }
            limitMillis = limit > 0 ? Math.max(1, unit.toMillis(limit)) : 0;
            return this;
        }

        /** Has no effect: nobody reads the stack trace of a thread that is stuck. */
        public Builder withLookingForStuckThread(boolean enable) {
            return this;
        }

        public FailOnTimeout build(Statement test) {
            if (test == null) {
                throw new NullPointerException("statement cannot be null");
            }
            return new FailOnTimeout(test, limitMillis);
        }
    }

    @Override
    public void evaluate() throws Throwable {
        TimeLimit.run(test, limitMillis);
    }
}

package io.cryptowrapper.system;

import io.cryptowrapper.testing.Containers;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Needs RabbitMQ and Redis in containers; where there can be none it is skipped, and the output says why. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsContainers.Condition.class)
public @interface NeedsContainers {

    /** Whether there can be containers. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext test) {
            Optional<String> missing = Containers.missing();
            if (missing.isEmpty()) {
                return ConditionEvaluationResult.enabled("there are containers");
            }
            System.out.println(test.getRequiredTestClass().getSimpleName() + " skipped: " + missing.get());
            return ConditionEvaluationResult.disabled(missing.get());
        }
    }
}

package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** What is refused is in StartFailureTest, with its sentence. */
class StartChecksTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SPRING_RABBITMQ_ADDRESSES | rabbit",
                "SPRING_RABBITMQ_ADDRESSES | rabbit-1:5672, rabbit-2:5673",
                "SPRING_RABBITMQ_ADDRESSES | amqps://user:pa/ss@rabbit:5671/host",
                "SPRING_RABBITMQ_ADDRESSES | [::1]:5672,[fe80::1%eth0]:5672",
                "SPRING_RABBITMQ_PUBLISHER_RETURNS | yes",
                "SPRING_RABBITMQ_PUBLISHER_CONFIRM_TYPE | CORRELATED",
                "SPRING_DATA_REDIS_URL | redis://user:pass@redis:6379/3",
                "SPRING_DATA_REDIS_URL | rediss://[::1]:6379",
                "SERVER_PORT | -1",
                "SERVER_ADDRESS | 0.0.0.0"
            })
    void what_can_work_is_let_through(String variable, String value) {
        assertThatCode(() -> check(Map.of(variable, value))).doesNotThrowAnyException();
    }

    @Test
    void who_does_not_listen_may_have_the_address_of_another_machine() {
        assertThatCode(() -> check(Map.of("SERVER_PORT", "-1", "SERVER_ADDRESS", "203.0.113.1")))
                .doesNotThrowAnyException();
    }

    @Test
    void an_empty_variable_hides_no_default() {
        ConfigurableEnvironment environment = check(Map.of("SERVER_ADDRESS", "", "SERVER_PORT", " "));

        assertThat(environment.containsProperty("server.address")).isFalse();
        assertThat(environment.containsProperty("SERVER_PORT")).isFalse();
    }

    private static ConfigurableEnvironment check(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(Map.of(
                "SPRING_RABBITMQ_PUBLISHER_CONFIRM_TYPE", "correlated",
                "SPRING_RABBITMQ_PUBLISHER_RETURNS", "true",
                "SPRING_RABBITMQ_TEMPLATE_MANDATORY", "true"));
        all.putAll(variables);
        try (var context = new GenericApplicationContext()) {
            String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
            var environment = new StandardEnvironment();
            environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, Map.copyOf(all)));
            context.setEnvironment(environment);
            new StartChecks().initialize(context);
            return environment;
        }
    }
}

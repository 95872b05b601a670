package io.cryptowrapper.settings;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * The process's environment variables without the empty ones: an empty one is as good as none, as it is all that some
 * launchers can do to take one away. To Spring Boot an empty {@code SERVER_ADDRESS} means every interface.
 */
public final class EnvironmentVariables {

    private static final String NAME = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

    private EnvironmentVariables() {}

    /** The variable for a property; for an element of a list, that of the list. */
    public static String nameOf(String property) {
        return property.replaceAll("\\[.*", "").replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }

    /** Takes the empty ones out of what Spring looks at. */
    public static void dropEmptyOnesFrom(ConfigurableEnvironment environment) {
        if (environment.getPropertySources().get(NAME) instanceof MapPropertySource variables) {
            replace(environment, variables.getSource());
        }
    }

    /** An environment with nothing but these variables, the empty ones left out. */
    public static ConfigurableEnvironment of(Map<String, String> variables) {
        var environment = new StandardEnvironment();
        environment.getPropertySources().remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
        replace(environment, variables);
        return environment;
    }

    private static void replace(ConfigurableEnvironment environment, Map<String, ?> variables) {
        Map<String, Object> given = new LinkedHashMap<>(variables);
        given.values().removeIf(value -> value.toString().isBlank());
        environment.getPropertySources().replace(NAME, new SystemEnvironmentPropertySource(NAME, given));
    }
}

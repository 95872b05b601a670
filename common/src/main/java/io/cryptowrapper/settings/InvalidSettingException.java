package io.cryptowrapper.settings;

import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.ResolvableType;
import org.springframework.util.unit.DataSize;

/** Says in one sentence which setting cannot work, and what to do. */
public final class InvalidSettingException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /**
     * @param setting the environment variable's name
     * @param complaint what is wrong with it, as the rest of the sentence
     */
    public InvalidSettingException(String setting, String complaint) {
        super(setting + " " + complaint + ".");
    }

    /**
     * What a failure says about a setting: that it cannot work, or that it cannot even be read.
     *
     * @return null if it says nothing of the kind
     */
    public static @Nullable InvalidSettingException findIn(Throwable failure) {
        InvalidSettingException unreadable = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case InvalidSettingException invalid -> {
                    return invalid;
                }
                case BindException bind ->
                    unreadable = unreadable(
                            bind.getName().toString(),
                            elementOf(bind.getTarget().getType()));
                case InvalidConfigurationPropertyValueException wrong ->
                    unreadable = unreadable(wrong.getName(), Object.class);
                default -> {}
            }
        }
        return unreadable;
    }

    private static Class<?> elementOf(ResolvableType type) {
        return Collection.class.isAssignableFrom(type.toClass())
                ? type.getGeneric(0).toClass()
                : type.toClass();
    }

    private static InvalidSettingException unreadable(String property, Class<?> type) {
        // The value itself is not printed: it may be a password that was put into the wrong variable.
        return new InvalidSettingException(EnvironmentVariables.nameOf(property), "must be " + expected(type));
    }

    private static String expected(Class<?> type) {
        if (type == Duration.class) {
            return "a duration, for example 6s or 1500ms";
        }
        if (type == DataSize.class) {
            return "a size, for example 8KB";
        }
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == URI.class) {
            return "an address, for example https://api.example.com";
        }
        if (type == InetAddress.class) {
            return "an IP address or a host name";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant ->
                            constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        return "of another form";
    }
}

package io.cryptowrapper.settings;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

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
     * What a failure says about a setting: that it cannot work, or that its value is of another form than it has.
     *
     * @return null if it says nothing of the kind
     */
    public static @Nullable InvalidSettingException findIn(Throwable failure) {
        InvalidSettingException ofAnotherForm = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case InvalidSettingException invalid -> {
                    return invalid;
                }
                case BindException bind ->
                    ofAnotherForm = ofAnotherForm(
                            bind.getName().toString(),
                            bind.getTarget().getType().toString());
                case InvalidConfigurationPropertyValueException wrong ->
                    ofAnotherForm = ofAnotherForm(wrong.getName(), String.valueOf(wrong.getReason()));
                default -> {}
            }
        }
        return ofAnotherForm;
    }

    /** The environment variable for a property. */
    public static String variableOf(String property) {
        // Of a list, the element is named: crypto.retry.delays[1] is still CRYPTO_RETRY_DELAYS.
        return property.replaceAll("\\[.*", "").replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }

    private static InvalidSettingException ofAnotherForm(String property, String type) {
        // The value itself is not printed: it may be a password that was put into the wrong variable.
        return new InvalidSettingException(variableOf(property), "must be " + expected(type.toLowerCase(Locale.ROOT)));
    }

    private static String expected(String type) {
        if (type.contains("duration")) {
            return "a duration, for example 6s or 1500ms";
        }
        if (type.contains("size")) {
            return "a size, for example 8KB";
        }
        if (type.contains("int")) {
            return "a whole number";
        }
        if (type.contains("uri")) {
            return "an address, for example https://api.example.com";
        }
        return type.contains("inetaddress") ? "an IP address or a host name" : "of another form";
    }
}

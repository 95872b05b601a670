package io.cryptowrapper.settings;

/** Says in one sentence which setting cannot work, and what to do. */
public final class InvalidSettingException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /**
     * @param setting the environment variable's name
     * @param complaint what is wrong with it, as the rest of the sentence
     */
    InvalidSettingException(String setting, String complaint) {
        super(setting + " " + complaint + ".");
    }
}

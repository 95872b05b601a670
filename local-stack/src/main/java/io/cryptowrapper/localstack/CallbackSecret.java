package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret by which callbacks of this stack are signed: made up once, and kept where only its owner can read it. */
final class CallbackSecret {

    static final String FILE = "callback-secrets";

    private static final int BYTES = 32;

    private CallbackSecret() {}

    /** The file that holds it. */
    static Path keptIn(DataDirectory directory) {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            byte[] secret = new byte[BYTES];
            new SecureRandom().nextBytes(secret);
            try {
                write(file, "whsec_" + Base64.getEncoder().encodeToString(secret) + "\n");
            } catch (IOException e) {
                throw new StartException(file + " cannot be written: choose another DATA_DIR.", e);
            }
        }
        return file;
    }

    /** Under another name first: half of one would be no secret, for ever. */
    private static void write(Path file, String secret) throws IOException {
        Path unfinished = file.resolveSibling(FILE + ".new");
        Files.deleteIfExists(unfinished);
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(unfinished, secret);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
}

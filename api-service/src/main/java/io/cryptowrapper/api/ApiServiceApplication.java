package io.cryptowrapper.api;

import io.cryptowrapper.wiring.Start;
import io.cryptowrapper.wiring.WrapperParts;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;

/** The API's program. */
@SpringBootApplication
@Import(WrapperParts.class)
class ApiServiceApplication {

    static void main(String[] args) {
        Start.run(ApiServiceApplication.class, args);
    }
}

package io.cryptowrapper.api;

import io.cryptowrapper.wiring.Start;
import io.cryptowrapper.wiring.WrapperParts;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.webmvc.autoconfigure.error.ErrorMvcAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * The API's program. Without Spring Boot's page for errors, which any client could ask for at /error: errors are told
 * by {@link ApiErrors}, and those of Tomcat by {@link ProblemReportValve}.
 */
@SpringBootApplication(exclude = ErrorMvcAutoConfiguration.class)
@Import(WrapperParts.class)
class ApiServiceApplication {

    static void main(String[] args) {
        Start.run(ApiServiceApplication.class, args);
    }
}

package io.cryptowrapper.worker;

import io.cryptowrapper.wiring.WrapperParts;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.EnableScheduling;

/** The worker's program. */
@SpringBootApplication
@EnableScheduling
@Import(WrapperParts.class)
class RetryWorkerApplication {

    static void main(String[] args) {
        SpringApplication.run(RetryWorkerApplication.class, args);
    }
}

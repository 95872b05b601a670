package io.cryptowrapper.worker;

import io.cryptowrapper.delivery.DeliveryParts;
import io.cryptowrapper.wiring.Start;
import io.cryptowrapper.wiring.WrapperParts;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.EnableScheduling;

/** The worker's program. */
@SpringBootApplication
@EnableScheduling
@Import({WrapperParts.class, DeliveryParts.class})
class RetryWorkerApplication {

    static void main(String[] args) {
        Start.run(RetryWorkerApplication.class, args);
    }
}

package io.cryptowrapper.containers;

import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.wiring.WrapperParts;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.TestConstructor;

/**
 * A suite with the wrapper's parts on RabbitMQ and Redis in containers, started once for all suites. Where there can be
 * no containers the suite is skipped, and the output says why.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        classes = OnContainers.Parts.class,
        webEnvironment = SpringBootTest.WebEnvironment.NONE,
        properties = {
            // The services' own files are both on the class path; this is what they share.
            "spring.config.name=wrapper",
            "crypto.api.base-url=http://127.0.0.1:9",
            "crypto.api.key=never-sent",
            "crypto.retry.delays=300ms,2s,4s",
            "crypto.callback.delays=0s,500ms,1s",
            // The tests' own questions may take their time.
            "spring.data.redis.timeout=10s"
        })
@TestConstructor(autowireMode = TestConstructor.AutowireMode.ALL)
@NeedsContainers
@ExtendWith(ServersReport.class)
@interface OnContainers {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import({WrapperParts.class, Containers.class})
    class Parts {}
}

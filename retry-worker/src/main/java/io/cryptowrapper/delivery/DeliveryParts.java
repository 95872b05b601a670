package io.cryptowrapper.delivery;

import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.CallbackTargets;
import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import io.cryptowrapper.settings.CryptoSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.random.RandomGenerator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The list of the parts that deliver callbacks. */
@Configuration(proxyBeanMethods = false)
public class DeliveryParts {

    @Bean
    CallbackHttp callbackHttp(CallbackTargets targets, CryptoSettings settings, Clock clock) {
        return new CallbackHttp(targets, settings.callbacks(), clock);
    }

    @Bean
    Courier courier(
            CallbackHttp http,
            CallbackPublisher publisher,
            CallbackTopology topology,
            CryptoSettings settings,
            Clock clock,
            MeterRegistry meters) {
        var schedule = new Schedule(settings.callbacks().delays(), RandomGenerator.getDefault());
        return new Courier(http, publisher, topology, schedule, new Receivers(System::nanoTime), clock, meters);
    }

    @Bean
    DeliveryLoop deliveryLoop(CallbackQueue queue, Courier courier, CryptoSettings settings) {
        return new DeliveryLoop(queue, courier, settings.callbacks().enabled());
    }

    @Bean
    CallbacksEndpoint callbacksEndpoint(CallbackQueue queue, ParkedCallbacks parked) {
        return new CallbacksEndpoint(queue, parked);
    }
}

package bwmon.aggregator.alert;

import java.time.Duration;

import bwmon.aggregator.usage.Amount;

/**
 * What somebody wants to be told of.
 *
 * @param label what the configuration calls it; no two have the same
 * @param subject what is watched
 * @param amount which direction
 * @param condition what is too much
 * @param repeatEvery how long after it was told it is told again while it fires; 0 for never
 * @param tellsResolved whether it is told too when it is well again
 * @param delivery how it is told, beside the line on standard error
 */
public record Notification(String label, Subject subject, Amount amount, Condition condition, Duration repeatEvery,
        boolean tellsResolved, Delivery delivery) {}

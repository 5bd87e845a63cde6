package bwmon.monitor.attribution;

import bwmon.traffic.Endpoint;

/**
 * The four addresses of a tracked connection: without translation the last two are the first two turned round.
 *
 * @param from who began it, as its socket has it
 * @param asked whom it asked for, before any translation
 * @param answering who answers, after translation of destinations
 * @param seen whom that one sees, after translation of sources
 */
public record FlowEnds(Endpoint from, Endpoint asked, Endpoint answering, Endpoint seen) {}

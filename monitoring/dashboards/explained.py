"""What each number on the dashboards means, in a sentence or two. The same texts stand beside the numbers and in
docs/dashboards.md; a test holds the two together."""

from __future__ import annotations

TEXTS = {
    "Requests": "Calls that came in and ended in this span, however they ended.",
    "Error rate": "Calls that failed through no fault of the app (5xx, broken streams, time-outs), of all that were "
    "tried. Refusals (4xx) and calls the app gave up are left out.",
    "Cost": "What the vendors charge for these calls, at the prices in force when they ran. Calls whose price is not "
    "known count as nothing here; how many they are stands below.",
    "Saved": "What answers from the answer cache would have cost at the vendor.",
    "Input": "Units (tokens) that were sent to models: prompts, files and images as the vendors count them.",
    "Output": "Units (tokens) that models wrote, with what they thought before they wrote.",
    "Cached share": "The part of the input that the vendors' own prompt caches served, mostly at a lower price.",
    "Latency p50": "Half of the answers were complete within this time, from the call's arrival to its last byte.",
    "Latency p95": "95 of 100 answers were complete within this time. Quantiles are right to a quarter of their value.",
    "Latency p99": "99 of 100 answers were complete within this time: what the unluckiest had to wait for.",
    "First byte": "Half of the answers began within this time (the median). For streams that is what "
    "people feel as speed.",
    "Throughput": "Output units a second while answers were being written: the median pace of the models.",
    "Requests by outcome": "Each bar is one step of time, by how its calls ended: answered, refused (4xx), given up by "
    "the app, or failed (5xx and broken streams).",
    "Cost over time": "Dollars in each step of time, by the groups with the most requests; the rest is “others”.",
    "Latency": "How long 50, 95 and 99 of 100 answers took, in each step of time. A gap: nothing was answered then.",
    "Usage": "Units in each step of time: output, fresh input, and input that the vendors' prompt caches served.",
    "Time to first byte": "How long 50 and 95 of 100 answers took to begin. A gap: nothing was answered then.",
    "Output per second": "The median pace at which answers were written. A gap: nothing was written then.",
    "Providers": "Calls by the provider that answered last. Choose a name to filter; the arrow opens its requests.",
    "Models": "Calls by the vendor's own model id.",
    "Teams": "Calls by the team of the API key that made them.",
    "API keys": "Calls by the API key that made them.",
    "Budget": "Spent of the amount in the current period; temporary raises are in the amount. Periods begin at "
    "midnight UTC, weeks on Monday.",
    "Held": "Set aside for calls under way and by processes for their next ones. It comes back, or is spent.",
    "Forecast": "What is spent now, and for the rest of the period as much a day as on average lately (the last 7 "
    "days; for a day's budget the last 24 hours, hour by hour). The band: if all the rest were like the quieter or the "
    "busier quarter of those days. Without such a history: the pace of this period, without a band.",
    "Reached": "When the amount is spent at the forecast's pace.",
    "Uptime": "The share of the watched time in which the provider was not down. Degraded time counts as up. Grey days "
    "were not watched.",
    "Failure rate": "Attempts that failed by the provider's own fault, of all that were sent to it. For members of "
    "teams: their own calls.",
    "Fallbacks": "Calls that another provider or model answered, after the first one tried had failed.",
    "Time to recover": "How long it took from down to healthy again, on average over the outages that ended.",
    "Outage": "A stretch in which a provider was degraded or down, as told by traffic, circuit breakers and probes.",
    "Quality score": "What a judge model said of a sample of the answers, from 0 to 1. It compares well over time and "
    "between models; a single score is an opinion.",
    "State": "From real traffic first, then from the circuit breaker and free probes: healthy, degraded (slow or "
    "failing in part), down, off (switched off), unknown (nobody asked it yet).",
    "Last 24 hours": "Requests in steps of half an hour. Members of teams see their own.",
    "Tokens": "The provider's credentials by what became of them: ready, resting (after a rate limit), suspended "
    "(rejected; tried again later), retired (rejected for good, or expired).",
    "Price": "US dollars for a million input and output units, at the price in force now; the lowest tier where there "
    "are several.",
}

WORDS = {name.lower().replace(" ", "_"): text for name, text in TEXTS.items()}  # by names that templates can write

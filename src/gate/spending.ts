/**
 * How an error rate is divided between the looks at a run and its end, for rules whose test of all examples has no sequential form. Half of it is spent by a
 * confidence sequence on all the looks together, half by the usual test once all examples are there: by Boole's inequality the whole run errs with
 * a chance of at most the sum, which is the rule's own level. Spending nothing at the end would give up gates that only all examples can settle.
 */
export const whileLooking = 0.5;

/** What is left for the end, of a level or of what a confidence lacks of 1. */
export const atTheEnd = 1 - whileLooking;

// Package score turns verdicts into numbers, and looks for numbers that cannot be true.
//
// A [Trial] is one combination of model, adapter, benchmark and prompt. Its [Outcome]s hold, by bug and rank, the
// verdict on each candidate: ours and, in replayed studies, the published one. [Metrics] reduces outcomes to named
// numbers, [Share] returns the counts of a share, [Proportion.Wilson] its confidence interval, and [Lints] finds patterns
// that no sound judge produces, in our verdicts and in published ones.
//
// # What counts
//
// Ranks are 0-based positions in the model's own order, and candidates are deterministic: pass@k is the share of bugs
// with a passing candidate among the first k, not the estimator for random samples.
//
// A bug that the model refused (because its prompt was too long, for example) or gave no candidate for counts as not
// fixed; "attempted" counts the bugs that were tried, "refused" those of the others that the model was not asked about.
//
// An unsound bug is one that fails the judge's check: its buggy version passes, or its reference fix does not. It is left
// out of all denominators but those of published verdicts, and "unsound" counts such bugs.
//
// A bug for which a recording has nothing, so that it is not known what the model would answer, is left out likewise, but in
// its trial alone; "unrecorded" counts such bugs.
//
// A verdict [Error] is a failure of the harness and does not count against a model. For each k, a bug with an error among
// its first k candidates and no pass there is undecided, since the error may hide a pass. It is left out of the
// denominator of pass@k, which is "judged@k". A bug that passes among its first k is fixed, despite errors. "errors" counts
// the bugs whose first pass may be hidden, because an error comes before any pass.
//
// A failure with the [ReasonPlatform] says what the judge's platform lacks, and nothing about the candidate: it may pass
// where its library is. It leaves a bug undecided, as an error does; "platform" counts the bugs whose first pass may be
// hidden so. A candidate with the [ReasonUnplaced] is no exact match, and no other candidate either: its bug is left out of
// exact_match@1 if it is the first.
//
// A [Flaky] candidate counts as not fixed.
package score

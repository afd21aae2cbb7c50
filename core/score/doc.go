// Package score turns verdicts into numbers, and looks for numbers that cannot be true.
//
// A [Trial] is one combination of model, adapter, benchmark and prompt; its [Outcome]s hold, bug by bug and rank by
// rank, what became of each candidate: the judge's verdict here and, for replayed studies, the published one. [Metrics]
// reduces outcomes to named numbers, [Share] says which counts a share is made of, [Proportion.Wilson] how sure it is,
// and [Lints] names patterns that no sound judge produces, in our verdicts as in published ones.
//
// # What counts
//
// Ranks are 0-based positions in the model's own order, and candidates are deterministic: pass@k is the share of bugs
// with a passing candidate among the first k, not the estimator for random samples.
//
// A bug that the model refused (its prompt was too long, say) or gave no candidate for counts as not fixed; "attempted"
// says how many bugs were tried, beside "bugs"; "refused" how many of the others the model was not even asked about.
//
// An unsound bug is one that the judge itself disproved here: its buggy version passes, or its reference fix does not.
// It leaves all denominators but those of published verdicts, and "unsound" counts such bugs.
//
// A verdict [Error] is the harness's own failure and is never held against a model. For each k, a bug with an error
// among its first k candidates and no pass there is undecided: nobody knows whether the error hides a pass. It leaves
// the denominator of pass@k, which is "judged@k". A bug that passes among its first k is fixed, whatever else erred.
// "errors" counts the bugs whose first pass may be hidden: an error comes before any pass.
package score

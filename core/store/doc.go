// Package store keeps the results of steps: immutable folders and append-only
// records, both named by a key that holds everything that decided them.
//
// On disk, below the store's root:
//
//	FORMAT               "harness store 2"
//	steps/KEY/           one finished step: its files, and step.json (see Result)
//	records/KIND.jsonl   one record a line: {"key": …, "value": …, "sum": …}
//	studies/NAME.json    what a study's last run found (see core/session)
//	locks/KEY            advisory lock while a process works on a step
//	tmp/KEY.RANDOM/      a step in the making; renamed to steps/KEY when complete
//
// A folder appears under steps/ only complete and synced, so a process killed
// at any moment loses at most the step it was in. Two processes may share one
// store: the second to want a step waits for the first and finds it done.
//
// step.json lists the SHA-256 of every file of its step. A file is compared
// with it before this process uses it for the first time, so a flipped bit is
// an error that names the file.
package store

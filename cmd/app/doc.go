// Command app is pertask as a GitHub App: one program that takes webhooks, reviews pull requests and shows a dashboard. Its name
// when it is released is pertask-app.
//
// # A tour of the code
//
// GitHub tells of a push by a webhook. Package app/hook holds it against its signature and writes a note of it into the queue
// before it answers, so that nothing is lost when this process dies the next moment. Notes are rows of app/sqldb/sqlqueue, which
// implements app/queue: it gives all notes of one pull request to one worker at a time, in any of the processes that share a
// database, and notices when that worker dies.
//
// A worker is app/work: it asks review/route what an event wants, leaves out what later notes make moot, asks GitHub whether a
// person may ask for what they do, and hands a review to app/measure. That one collects what belongs to the installation - the
// client with its token, the provider keys that package app/secret opens, the journals and verdicts of app/sqldb/sqlledger, what
// is left of the month's budget - and calls package review, which is the same that the Action calls. From there on nobody knows
// of an App: package review reads the two sides of the change by package arm, package compare measures them by package trial
// behind the proxy of package meter, package stats and package verdict decide, and package report says it.
//
// What a review came to is posted to GitHub, and kept by app/sqldb/sqlrecord for the dashboard: package app/page shows it to
// whoever app/signin lets in, and nobody sees a repository that GitHub does not let them read. A server without a GitHub App
// makes one by package app/enroll. Package app puts all of this together.
//
// To follow one pull request through the code, begin at hook.Handler.ServeHTTP, then work.Worker.Turn, measure.Measurer.Review
// and review.Reviewer.Review. CONTRIBUTING.md and the test in internal/importtest say which package may know which.
package main

package judge

import "sync"

// queue hands tasks to workers. Each worker gets those of one bug after the other, and
// joins another's bug only where no bug is left that nobody began: what a box does once
// for a bug, such as compiling its tests, then happens in one box.
type queue struct {
	mu    sync.Mutex
	left  map[string][]*task // by bug
	fresh []string           // bugs that no worker began, in order
}

func newQueue(tasks []*task) *queue {
	q := &queue{left: map[string][]*task{}}
	for _, t := range tasks {
		if q.left[t.Bug] == nil {
			q.fresh = append(q.fresh, t.Bug)
		}
		q.left[t.Bug] = append(q.left[t.Bug], t)
	}
	return q
}

// next returns the next task for a worker whose last one was of the bug, or "" for its
// first; nil when all are taken.
func (q *queue) next(bug string) *task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.left[bug]) == 0 {
		bug = q.another()
	}
	tasks := q.left[bug]
	if len(tasks) == 0 {
		return nil
	}
	q.left[bug] = tasks[1:]
	return tasks[0]
}

// another chooses the first bug that nobody began, or else the one with most tasks left.
func (q *queue) another() string {
	if len(q.fresh) > 0 {
		bug := q.fresh[0]
		q.fresh = q.fresh[1:]
		return bug
	}
	most := ""
	for bug, tasks := range q.left {
		if n := len(tasks) - len(q.left[most]); n > 0 || n == 0 && bug < most {
			most = bug
		}
	}
	return most
}

package judge

import (
	"fmt"
	"sync"
	"testing"
)

// Workers that take turns work on different bugs as long as there are some, and every
// task is handed out once.
func TestQueueKeepsBugsTogether(t *testing.T) {
	var tasks []*task
	for i := range 4 {
		for _, bug := range []string{"A", "B", "C"} {
			tasks = append(tasks, &task{Task: Task{Bug: bug, Patch: fmt.Sprint(i)}})
		}
	}
	q := newQueue(tasks)
	last := []string{"", ""}
	order := []string{"", ""}
	for range len(tasks) / 2 {
		for worker := range last {
			next := q.next(last[worker])
			last[worker] = next.Bug
			order[worker] += next.Bug
		}
	}
	if order[0] != "AAAACC" || order[1] != "BBBBCC" {
		t.Errorf("the workers got %v", order)
	}
	if next := q.next("C"); next != nil {
		t.Errorf("one more: %+v", next.Task)
	}
}

func TestQueueHandsEachTaskOutOnce(t *testing.T) {
	var tasks []*task
	for i := range 1000 {
		tasks = append(tasks, &task{Task: Task{Bug: fmt.Sprint(i * i % 37), Patch: fmt.Sprint(i)}})
	}
	q := newQueue(tasks)
	var mu sync.Mutex
	seen := map[*task]int{}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for next := q.next(""); next != nil; next = q.next(next.Bug) {
				mu.Lock()
				seen[next]++
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	for _, task := range tasks {
		if seen[task] != 1 {
			t.Errorf("task %+v was handed out %d times", task.Task, seen[task])
		}
	}
}

package engine

import "slices"

// cache keeps the last used values by key and frees evicted ones.
type cache[T any] struct {
	limit  int
	free   func(T)
	keys   []string // last used at the end
	values map[string]T
}

func newCache[T any](limit int, free func(T)) *cache[T] {
	return &cache[T]{limit: limit, free: free, values: map[string]T{}}
}

// get returns the value of a key. If there is none, it evicts a value if the
// cache is full, and makes the new one.
func (c *cache[T]) get(key string, make func() (T, error)) (T, error) {
	if v, ok := c.values[key]; ok {
		i := slices.Index(c.keys, key)
		c.keys = append(slices.Delete(c.keys, i, i+1), key)
		return v, nil
	}
	for len(c.keys) >= c.limit {
		c.drop(c.keys[0])
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	c.keys = append(c.keys, key)
	c.values[key] = v
	return v, nil
}

func (c *cache[T]) drop(key string) {
	if v, ok := c.values[key]; ok {
		delete(c.values, key)
		i := slices.Index(c.keys, key)
		c.keys = slices.Delete(c.keys, i, i+1)
		c.free(v)
	}
}

func (c *cache[T]) clear() {
	for len(c.keys) > 0 {
		c.drop(c.keys[0])
	}
}

package engine

import "slices"

// cache keeps the last values by key and frees what falls out.
type cache[T any] struct {
	limit  int
	free   func(T)
	keys   []string // the last used at the end
	values map[string]T
}

func newCache[T any](limit int, free func(T)) *cache[T] {
	return &cache[T]{limit: limit, free: free, values: map[string]T{}}
}

// get gives the value of a key, making it if it is not there. Before a value
// is made, room is made for it.
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

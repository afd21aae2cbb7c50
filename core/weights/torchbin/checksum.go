package torchbin

import (
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"harness/core/weights/internal/mapped"
)

// ErrDamaged is wrapped by the error of a read if the bytes do not match their
// checksum.
var ErrDamaged = errors.New("the file is damaged; fetch it again")

// member is the position of a member's bytes.
type member struct {
	begin, size int64
	sum         *checksum // nil: the archive has none
}

// checksum is a member's CRC-32. It is compared with the member's bytes once, before
// their first use.
type checksum struct {
	want uint32
	once sync.Once
	err  error
}

// check compares a member's bytes with its checksum.
func (a archive) check(m member) error {
	if m.sum == nil {
		return nil
	}
	m.sum.once.Do(func() {
		got, err := a.sum(m)
		if err == nil && got != m.sum.want {
			err = fmt.Errorf("its bytes have the checksum %08x, but the archive says %08x: %w", got, m.sum.want, ErrDamaged)
		}
		m.sum.err = err
	})
	return m.sum.err
}

func (a archive) sum(m member) (sum uint32, err error) {
	if in, ok := a.reader.(*mapped.File); ok {
		err = in.View(m.begin, m.size, func(data []byte) error {
			sum = crc32.ChecksumIEEE(data)
			return nil
		})
		return sum, err
	}
	buffer := make([]byte, min(m.size, 1<<20))
	for at := int64(0); at < m.size; at += int64(len(buffer)) {
		part := buffer[:min(m.size-at, int64(len(buffer)))]
		if err := a.readAt(part, m.begin+at); err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, crc32.IEEETable, part)
	}
	return sum, nil
}

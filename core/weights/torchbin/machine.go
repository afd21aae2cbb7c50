package torchbin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The instructions of pickle protocols 2 to 5 that describe weights (Python's
// pickletools documents them all).
const (
	opMark          = '('
	opStop          = '.'
	opPop           = '0'
	opPopMark       = '1'
	opBinFloat      = 'G'
	opBinInt        = 'J'
	opBinInt1       = 'K'
	opBinInt2       = 'M'
	opNone          = 'N'
	opBinPersID     = 'Q'
	opReduce        = 'R'
	opBinUnicode    = 'X'
	opAppend        = 'a'
	opBuild         = 'b'
	opGlobal        = 'c'
	opDict          = 'd'
	opEmptyDict     = '}'
	opAppends       = 'e'
	opBinGet        = 'h'
	opLongBinGet    = 'j'
	opList          = 'l'
	opEmptyList     = ']'
	opBinPut        = 'q'
	opLongBinPut    = 'r'
	opSetItem       = 's'
	opTuple         = 't'
	opEmptyTuple    = ')'
	opSetItems      = 'u'
	opBinBytes      = 'B'
	opShortBinBytes = 'C'
	opProto         = 0x80
	opTuple1        = 0x85
	opTuple2        = 0x86
	opTuple3        = 0x87
	opNewTrue       = 0x88
	opNewFalse      = 0x89
	opLong1         = 0x8a
	opShortUnicode  = 0x8c
	opBinUnicode8   = 0x8d
	opStackGlobal   = 0x93
	opMemoize       = 0x94
	opFrame         = 0x95
)

const (
	highestProtocol = 5
	maxName         = 100 // bytes, of a class with its module
)

// refused says why an instruction is refused. Checkpoints do not need such instructions.
func refused(op byte) string {
	switch op {
	case 'i', 'o', 0x81, 0x92:
		return "makes an object of a class"
	case 'P':
		return "refers to a persistent object by text"
	case 0x82, 0x83, 0x84:
		return "refers to an extension's object"
	case 'I', 'L', 'F', 'S', 'V', 'p', 'g':
		return "is of the text protocol, which torch does not write"
	}
	return "is not needed to describe weights"
}

type mark struct{}

// machine runs a pickle. Every instruction takes the next bytes of the
// program and makes at most one value, so memory is linear in its length.
type machine struct {
	program string
	pos     int
	stack   []any
	marks   []int
	memo    map[uint64]any
}

// run returns the result of a pickle.
func run(program []byte) (any, error) {
	m := &machine{program: string(program), memo: map[uint64]any{}}
	for {
		at := m.pos
		code, err := m.bytes(1)
		if err == nil && code[0] == opStop {
			var top any
			if top, err = m.pop(); err == nil {
				return top, nil
			}
		}
		if err == nil {
			err = m.step(code[0])
		}
		if err != nil {
			return nil, fmt.Errorf("byte %d: %w", at, err)
		}
	}
}

// step runs one instruction. The kinds of instruction are tried in turn.
func (m *machine) step(op byte) error {
	for _, kind := range []func(byte) (bool, error){m.constant, m.container, m.memory, m.object} {
		if known, err := kind(op); known || err != nil {
			return err
		}
	}
	return fmt.Errorf("instruction %#02x %s", op, refused(op))
}

// constant runs instructions that push a plain value, and those that do nothing.
func (m *machine) constant(op byte) (known bool, err error) {
	switch op {
	case opProto:
		version, err := m.bytes(1)
		if err == nil && version[0] > highestProtocol {
			err = fmt.Errorf("protocol %d is not known", version[0])
		}
		return true, err
	case opFrame:
		_, err := m.bytes(8)
		return true, err
	case opNone:
		m.push(nil)
	case opNewTrue:
		m.push(true)
	case opNewFalse:
		m.push(false)
	case opBinInt:
		n, err := m.number(4)
		m.push(int64(int32(n)))
		return true, err
	case opBinInt1:
		return true, m.pushNumber(1)
	case opBinInt2:
		return true, m.pushNumber(2)
	case opLong1:
		return true, m.long()
	case opBinFloat:
		b, err := m.bytes(8)
		if err == nil {
			m.push(math.Float64frombits(binary.BigEndian.Uint64([]byte(b))))
		}
		return true, err
	case opShortUnicode:
		return true, m.text(1)
	case opBinUnicode:
		return true, m.text(4)
	case opBinUnicode8:
		return true, m.text(8)
	case opShortBinBytes:
		return true, m.bytesObject(1)
	case opBinBytes:
		return true, m.bytesObject(4)
	default:
		return false, nil
	}
	return true, nil
}

// container runs instructions that make and fill tuples, lists and dictionaries.
func (m *machine) container(op byte) (known bool, err error) {
	switch op {
	case opMark:
		m.marks = append(m.marks, len(m.stack))
		m.push(mark{})
	case opPop:
		_, err = m.pop()
	case opPopMark:
		_, err = m.popMark()
	case opEmptyTuple:
		m.push(tuple(nil))
	case opTuple1, opTuple2, opTuple3:
		err = m.tuple(int(op-opTuple1) + 1)
	case opTuple:
		var items []any
		if items, err = m.popMark(); err == nil {
			m.push(tuple(items))
		}
	case opEmptyList:
		m.push(&list{})
	case opList:
		var items []any
		if items, err = m.popMark(); err == nil {
			m.push(&list{items})
		}
	case opAppend:
		var v any
		if v, err = m.pop(); err == nil {
			err = m.appendItems([]any{v})
		}
	case opAppends:
		var items []any
		if items, err = m.popMark(); err == nil {
			err = m.appendItems(items)
		}
	case opEmptyDict:
		m.push(&dict{})
	case opDict:
		var items []any
		if items, err = m.popMark(); err == nil {
			m.push(&dict{})
			err = m.setItems(items)
		}
	case opSetItem:
		var items []any
		if items, err = m.popMany(2); err == nil {
			err = m.setItems(items)
		}
	case opSetItems:
		var items []any
		if items, err = m.popMark(); err == nil {
			err = m.setItems(items)
		}
	default:
		return false, nil
	}
	return true, err
}

// memory runs instructions that store values in the memo and fetch them.
func (m *machine) memory(op byte) (known bool, err error) {
	var index uint64
	switch op {
	case opBinPut, opBinGet:
		index, err = m.number(1)
	case opLongBinPut, opLongBinGet:
		index, err = m.number(4)
	case opMemoize:
		index = uint64(len(m.memo))
	default:
		return false, nil
	}
	if err != nil {
		return true, err
	}
	if op == opBinGet || op == opLongBinGet {
		v, ok := m.memo[index]
		if !ok {
			return true, fmt.Errorf("nothing was kept as number %d", index)
		}
		m.push(v)
		return true, nil
	}
	v, err := m.top()
	if err == nil {
		m.memo[index] = v
	}
	return true, err
}

// object runs instructions that look up names and call them.
func (m *machine) object(op byte) (known bool, err error) {
	switch op {
	case opGlobal:
		return true, m.global()
	case opStackGlobal:
		names, err := m.popMany(2)
		if err != nil {
			return true, err
		}
		module, okModule := names[0].(string)
		name, okName := names[1].(string)
		if !okModule || !okName {
			return true, errors.New("a name is not given as two texts")
		}
		return true, m.pushNamed(module, name)
	case opBinPersID:
		id, err := m.pop()
		if err != nil {
			return true, err
		}
		s, err := persistent(id)
		m.push(s)
		return true, err
	case opReduce:
		return true, m.reduce()
	case opBuild:
		// An OrderedDict's attributes (state_dict's _metadata) are dropped.
		both, err := m.popMany(2)
		if err != nil {
			return true, err
		}
		d, ok := both[0].(*dict)
		if _, attributes := both[1].(*dict); !ok || !attributes || !d.ordered {
			return true, fmt.Errorf("sets the state of %s to %s", describe(both[0]), describe(both[1]))
		}
		m.push(d)
		return true, nil
	}
	return false, nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) top() (any, error) {
	if len(m.stack) == 0 {
		return nil, errors.New("takes a value from an empty stack")
	}
	v := m.stack[len(m.stack)-1]
	if _, marked := v.(mark); marked {
		return nil, errors.New("takes a value, but the top of the stack is a mark")
	}
	return v, nil
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// popMany takes n values, in the order in which they were pushed.
func (m *machine) popMany(n int) ([]any, error) {
	out := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		var err error
		if out[i], err = m.pop(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// popMark takes the values above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("there is no mark")
	}
	at := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	out := append([]any(nil), m.stack[at+1:]...)
	m.stack = m.stack[:at]
	return out, nil
}

func (m *machine) tuple(n int) error {
	items, err := m.popMany(n)
	if err == nil {
		m.push(tuple(items))
	}
	return err
}

func (m *machine) appendItems(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	l, ok := v.(*list)
	if !ok {
		return fmt.Errorf("appends to %s", describe(v))
	}
	l.items = append(l.items, items...)
	return nil
}

func (m *machine) setItems(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*dict)
	if !ok {
		return fmt.Errorf("sets items of %s", describe(v))
	}
	if len(items)%2 != 0 {
		return errors.New("a key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		d.items = append(d.items, item{items[i], items[i+1]})
	}
	return nil
}

// global reads a name on the next two lines and pushes its object.
func (m *machine) global() error {
	module, rest, okModule := strings.Cut(m.program[m.pos:], "\n")
	name, _, okName := strings.Cut(rest, "\n")
	if !okModule || !okName {
		return errors.New("a name without an end")
	}
	m.pos += len(module) + len(name) + 2
	return m.pushNamed(module, name)
}

func (m *machine) pushNamed(module, name string) error {
	if len(module)+len(name) > maxName {
		return fmt.Errorf("asks for a name of %d bytes", len(module)+len(name))
	}
	v, err := find(module, name)
	m.push(v)
	return err
}

// reduce calls an object that can be called.
func (m *machine) reduce() error {
	both, err := m.popMany(2)
	if err != nil {
		return err
	}
	c, ok := both[0].(class)
	if !ok || c.call == nil {
		return fmt.Errorf("calls %s", describe(both[0]))
	}
	args, ok := both[1].(tuple)
	if !ok {
		return fmt.Errorf("calls %s with %s", c.name, describe(both[1]))
	}
	v, err := c.call(args)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	m.push(v)
	return nil
}

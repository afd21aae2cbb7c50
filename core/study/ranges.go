package study

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// rangeInBody finds the value that a path leads to: names of blocks and attributes, indices of repeated blocks and of
// list elements, keys of objects. A path that leads beyond what is written gets the last range on the way.
func rangeInBody(body *hclsyntax.Body, path []string) (hcl.Range, bool) {
	if body == nil || len(path) == 0 {
		return hcl.Range{}, false
	}
	if a := body.Attributes[path[0]]; a != nil {
		return rangeInExpression(a.Expr, path[1:]), true
	}
	var blocks []*hclsyntax.Block
	for _, block := range body.Blocks {
		if block.Type == path[0] {
			blocks = append(blocks, block)
		}
	}
	if len(blocks) == 0 {
		return hcl.Range{}, false
	}
	block, rest := blocks[0], path[1:]
	if len(rest) > 0 {
		if i, err := strconv.Atoi(rest[0]); err == nil && i >= 0 && i < len(blocks) {
			block, rest = blocks[i], rest[1:]
		}
	}
	if r, found := rangeInBody(block.Body, rest); found {
		return r, true
	}
	return block.DefRange(), true
}

// rangeInExpression follows a path into lists and objects that are written out.
func rangeInExpression(expression hclsyntax.Expression, path []string) hcl.Range {
	for len(path) > 0 {
		next := part(expression, path[0])
		if next == nil {
			break
		}
		expression, path = next, path[1:]
	}
	return expression.Range()
}

func part(expression hclsyntax.Expression, step string) hclsyntax.Expression {
	switch e := expression.(type) {
	case *hclsyntax.ParenthesesExpr:
		return part(e.Expression, step)
	case *hclsyntax.TupleConsExpr:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(e.Exprs) {
			return e.Exprs[i]
		}
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			key, diagnostics := item.KeyExpr.Value(nil) // a key that needs variables cannot be told
			if diagnostics.HasErrors() || !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
				continue
			}
			if key.AsString() == step {
				return item.ValueExpr
			}
		}
	}
	return nil
}

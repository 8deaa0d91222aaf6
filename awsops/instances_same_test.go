package awsops

import (
	"reflect"
	"testing"
	"time"
)

// TestSameSeesEveryField changes one field after the other: what is forgotten
// here would never change on the screen.
func TestSameSeesEveryField(t *testing.T) {
	whole := func() Instance {
		return Instance{ID: "i-1", InstanceKind: &InstanceKind{Type: "t3.micro", Groups: []Group{{"sg-1", "web"}}, Others: []Tag{{"Env", "prod"}}}, checks: &Checks{Passed: 3, Of: 3}}
	}
	if !whole().Same(whole()) {
		t.Error("an instance is not the same as itself")
	}
	unchecked := whole()
	unchecked.checks = nil
	if !whole().Same(unchecked) || unchecked.Same(whole()) {
		t.Error("a listing without checks tells nothing about them, and one with checks does")
	}
	row := whole()
	eachField(t, reflect.ValueOf(&row).Elem(), func() { row = whole() }, func(name string) {
		if row.Same(whole()) || whole().Same(row) {
			t.Errorf("%s is not looked at", name)
		}
	})
	kind := *whole().InstanceKind
	eachField(t, reflect.ValueOf(&kind).Elem(), func() { kind = *whole().InstanceKind }, func(name string) {
		row := whole()
		row.InstanceKind = &kind
		if row.Same(whole()) || whole().Same(row) {
			t.Errorf("%s is not looked at", name)
		}
	})
}

// eachField changes a field, looks, and restores all.
func eachField(t *testing.T, v reflect.Value, restore func(), look func(name string)) {
	t.Helper()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		restore()
		name, field := v.Type().Field(i).Name, v.Field(i)
		switch field.Interface().(type) {
		case string:
			field.SetString("other")
		case bool:
			field.SetBool(!field.Bool())
		case time.Time:
			field.Set(reflect.ValueOf(time.Unix(1, 0)))
		case []Group:
			field.Set(reflect.ValueOf([]Group{{"sg-2", "web"}}))
		case []Tag:
			field.Set(reflect.ValueOf([]Tag{{"Env", "test"}}))
		case *InstanceKind:
			continue
		default:
			t.Errorf("%s is of a type that is not tried", name)
		}
		look(name)
	}
}

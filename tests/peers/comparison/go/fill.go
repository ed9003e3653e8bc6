// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	dynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var reference = regexp.MustCompile(`\$\{(\w+)\}`)

// filled replaces "${name}" by what was kept under the name.
func filled(text string, kept map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		return kept[found[2:len(found)-1]]
	})
}

// The unions of the SDK have one member in what calls.json says.
func union(value map[string]any, kept map[string]string, kind reflect.Type) (any, error) {
	for name, item := range value {
		text, _ := item.(string)
		switch kind.Name() + "." + name {
		case "AttributeValue.S":
			return &dynamodb.AttributeValueMemberS{Value: filled(text, kept)}, nil
		case "ContentBlock.text":
			return &types.ContentBlockMemberText{Value: filled(text, kept)}, nil
		}
	}
	return nil, fmt.Errorf("no union %s is known with %v", kind, value)
}

// fill sets an input of the SDK from plain JSON.
func fill(target reflect.Value, value any, kept map[string]string) error {
	if object, ok := value.(map[string]any); ok {
		if text, ok := object["$bytes"].(string); ok {
			return fillBytes(target, text)
		}
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return fill(target.Elem(), value, kept)
	case reflect.Struct:
		for name, item := range value.(map[string]any) {
			field := target.FieldByName(strings.ToUpper(name[:1]) + name[1:])
			if !field.IsValid() {
				return fmt.Errorf("%s has no %s", target.Type(), name)
			}
			if err := fill(field, item, kept); err != nil {
				return err
			}
		}
	case reflect.Map:
		target.Set(reflect.MakeMap(target.Type()))
		for name, item := range value.(map[string]any) {
			inner := reflect.New(target.Type().Elem()).Elem()
			if err := fill(inner, item, kept); err != nil {
				return err
			}
			target.SetMapIndex(reflect.ValueOf(filled(name, kept)), inner)
		}
	case reflect.Slice:
		for _, item := range value.([]any) {
			inner := reflect.New(target.Type().Elem()).Elem()
			if err := fill(inner, item, kept); err != nil {
				return err
			}
			target.Set(reflect.Append(target, inner))
		}
	case reflect.Interface:
		member, err := union(value.(map[string]any), kept, target.Type())
		if err != nil {
			return err
		}
		target.Set(reflect.ValueOf(member))
	default:
		return fillScalar(target, value, kept)
	}
	return nil
}

func fillBytes(target reflect.Value, text string) error {
	if target.Kind() == reflect.Interface {
		target.Set(reflect.ValueOf(io.ReadSeeker(strings.NewReader(text))))
	} else {
		target.SetBytes([]byte(text))
	}
	return nil
}

func fillScalar(target reflect.Value, value any, kept map[string]string) error {
	switch v := value.(type) {
	case string:
		target.SetString(filled(v, kept))
	case bool:
		target.SetBool(v)
	case float64:
		if target.CanFloat() {
			target.SetFloat(v)
		} else {
			target.SetInt(int64(v))
		}
	default:
		return fmt.Errorf("a %s cannot be set from %v", target.Type(), value)
	}
	return nil
}

// at finds a text in an output: "Messages.0.ReceiptHandle".
func at(output reflect.Value, path string) string {
	for _, step := range strings.Split(path, ".") {
		output = reflect.Indirect(output)
		if index, err := strconv.Atoi(step); err == nil {
			output = output.Index(index)
		} else {
			output = output.FieldByName(strings.ToUpper(step[:1]) + step[1:])
		}
	}
	return reflect.Indirect(output).String()
}

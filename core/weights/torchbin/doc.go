// Package torchbin reads the weights that torch.save writes since torch 1.6: a zip
// archive with a pickle, which describes the tensors, and one member for each storage;
// the tensors are views of storages.
//
// A pickle is a program that may call anything. This package interprets it without
// calling anything: it supports only the instructions and the few names that describe a
// checkpoint, and everything else is an error that names what the file requested. The
// interpreter does not recurse and does not allocate sizes that the file only claims. A
// tensor is read on request, and never has more elements than its storage. So memory
// stays within a small multiple of the file's real size.
//
// This package does not use a library, because the only one for Go makes objects of any
// class and reads all storages at once.
package torchbin

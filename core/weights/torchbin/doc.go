// Package torchbin reads the weights that torch.save writes since torch 1.6: a
// zip archive of a pickle, which says what the tensors are, and of one member
// for each storage that they are views of.
//
// A pickle is a program that may call anything. Here it meets a machine that
// calls nothing: it knows the instructions and the few names that a
// checkpoint's description is made of, and everything else is an error that
// says what the file asked for. There is no recursion, nothing is allocated
// by a size that the file only claims, and a tensor is read when asked for,
// never with more elements than its storage has; so memory stays within a
// small multiple of what the file really holds.
//
// Written here rather than taken from a library: the one there is for Go
// makes objects of any class it meets and reads all storages at once.
package torchbin

package main

import (
	"io"
	"os"
	"syscall"
)

// Messages between agent and stage: a length, JSON, and with a program's start its three files.

func sendMessage(channel io.Writer, message object) error {
	text := appendJSON(nil, message)
	_, err := channel.Write(append(append32(nil, uint32(len(text))), text...))
	return err
}

func receiveMessage(channel io.Reader) (object, error) {
	var head [4]byte
	if _, err := io.ReadFull(channel, head[:]); err != nil {
		return nil, err
	}
	return receiveRest(channel, head)
}

func receiveRest(channel io.Reader, head [4]byte) (object, error) {
	text := make([]byte, min(get32(head[:]), 2*maxControl))
	if _, err := io.ReadFull(channel, text); err != nil {
		return nil, err
	}
	return parseObject(text)
}

func receiveWithFiles(channel *os.File) (object, []int, error) {
	var head [4]byte
	space := make([]byte, syscall.CmsgSpace(3*4))
	n, used, _, _, err := syscall.Recvmsg(stageChannel, head[:], space, syscall.MSG_CMSG_CLOEXEC|syscall.MSG_WAITALL)
	if err != nil || n != len(head) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	message, err := receiveRest(channel, head)
	return message, filesIn(space[:used]), err
}

func filesIn(control []byte) []int {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return nil
	}
	files, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(files) != 3 {
		closeAll(files)
		return nil
	}
	return files
}

func closeAll(files []int) {
	for _, fd := range files {
		syscall.Close(fd)
	}
}

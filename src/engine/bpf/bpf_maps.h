/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine/bpf/bpf_maps.h - fill maps that somebody else made, without rights of one's own.
 *
 * As bpf(2) does; before Linux 5.19 it refuses that to who may not use it for all else.
 */
#ifndef CPROFD_ENGINE_BPF_MAPS_H
#define CPROFD_ENGINE_BPF_MAPS_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -1 with errno. */
int bpf_maps_put(int fd, const void *key, const void *value);
int bpf_maps_get(int fd, const void *key, void *value);
int bpf_maps_delete(int fd, const void *key);

/* The numbers of the first element of a per-CPU array, added up; 0 if it cannot be read. */
uint64_t bpf_maps_sum(int fd);

/* The one mapping of an array, or of its only value; NULL with errno. */
void *bpf_maps_map(int fd, size_t bytes);

#endif

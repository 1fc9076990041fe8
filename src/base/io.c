// SPDX-License-Identifier: Apache-2.0
#include "base/io.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

#define READ_STEP 65536

ssize_t io_pread_full(int fd, void *buf, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done,
				  (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_write_full(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_read_all(int fd, size_t limit, struct buf *out, struct error *err)
{
	size_t start = out->len;

	for (;;) {
		array_reserve(out->data, out->len + READ_STEP, out->cap);
		ssize_t n = read(fd, out->data + out->len, READ_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "cannot read");
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		if (out->len - start > limit)
			return error_set(err, EFBIG, "more than %zu bytes", limit);
	}
}

int io_memfd(const char *name, const void *data, size_t len, struct error *err)
{
	_cleanup_(closep) int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "cannot make memory file %s", name);
	if (io_write_full(fd, data, len) < 0)
		return error_sys(err, "cannot fill memory file %s", name);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, "cannot rewind memory file %s", name);
	return steal_fd(fd);
}

int io_load(int fd, size_t limit, struct buf *out, struct error *err)
{
	size_t start = out->len, len;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "cannot stat");
	if (st.st_size < 0 || (uint64_t)st.st_size > limit)
		return error_set(err, EFBIG, "%lld bytes, limit %zu",
				 (long long)st.st_size, limit);
	len = (size_t)st.st_size;
	if (len == 0)
		return 0;
	if (io_pread_full(fd, buf_add(out, len), len, 0) == (ssize_t)len)
		return 0;
	out->len = start;
	return error_set(err, EIO, "less than its %zu bytes can be read", len);
}

int io_map(int fd, size_t limit, const void **out, size_t *len_out,
	   struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "cannot stat");
	if (st.st_size < 0 || (uint64_t)st.st_size > limit)
		return error_set(err, EFBIG, "%lld bytes, limit %zu",
				 (long long)st.st_size, limit);
	*len_out = (size_t)st.st_size;
	*out = NULL;
	if (st.st_size == 0)
		return 0;

	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return error_sys(err, "cannot map");
	*out = p;
	return 0;
}

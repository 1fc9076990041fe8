// SPDX-License-Identifier: Apache-2.0
/* What every unit test includes: cmocka with what it needs before it. */
#ifndef CPROFD_TESTS_UNIT_TEST_H
#define CPROFD_TESTS_UNIT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"

/* A test function that does not use cmocka's state. */
#define TEST(name) static void name(void **state_ __attribute__((unused)))

#endif

# SPDX-License-Identifier: Apache-2.0
# What each Python of a program loads when it begins, for `cprofd run --count`: what counts, then
# the sitecustomize that would have been loaded.  Of any version: Python 2 does without.
import os
import sys


# The folder that this is in leaves no trace where the program looks.  The environment that
# os.environ stands for keeps it: see cprofd_count.py.
def cprofd_hide(folder):
    while folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    sys.modules.pop("cprofd_count", None)
    cprofd_hide.module = sys.modules.pop(__name__)  # Python 2 empties one that nobody has
    environment = os.environ.data if str is bytes else os.environ._data
    before, colon, after = environment.get(b"PYTHONPATH", b"").partition(b":")
    if before == (folder if str is bytes else os.fsencode(folder)):
        del environment[b"PYTHONPATH"]
        if colon:
            environment[b"PYTHONPATH"] = after


try:
    if sys.version_info >= (3, 6):
        import cprofd_count
        cprofd_count.begin()
except Exception as error:
    sys.stderr.write("cprofd: calls are not counted: %r\n" % error)
cprofd_hide(os.path.dirname(cprofd_hide.__code__.co_filename))

# It takes the place of this.  If there is none, the error says what it would say without this.
import sitecustomize

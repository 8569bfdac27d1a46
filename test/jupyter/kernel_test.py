"""Jupyter's own test of kernels, with what a TypeScript kernel should say.

Needs jupyter_kernel_test and the kernel `proflab` where JUPYTER_PATH leads.
"""

import os
import unittest

import jupyter_kernel_test


class ProflabTests(jupyter_kernel_test.KernelTests):
    kernel_name = os.environ.get("PROFLAB_KERNEL", "proflab")
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('test')"
    code_generate_error = "throw new RangeError('on purpose')"
    code_page_something = "display?"
    code_clear_output = "clearOutput()"
    code_inspect_sample = "display"
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "range", "search")

    completion_samples = [
        {"text": "Math.ab", "matches": {"abs"}},
        {"text": "clearOut", "matches": {"clearOutput"}},
    ]
    complete_code_samples = ["1", "await (async () => 5)()", "const f = (x: number) => x;"]
    incomplete_code_samples = ["f(", "if (true) {", "const text = `open"]
    invalid_code_samples = ["const = 3", "a b c"]

    code_execute_result = [
        {"code": "1+2+3", "result": "6"},
        {"code": "[1, 2].map((n) => n * 2)", "result": "[ 2, 4 ]"},
        {"code": "'text'", "result": "'text'"},
        {"code": "html`<b>${1}</b>`", "result": "<b>1</b>", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": "display(html`<b>1</b>`)", "mime": "text/html"},
        {"code": "display(svg`<svg/>`)", "mime": "image/svg+xml"},
        {"code": "display({ 'image/png': '' }, { raw: true })", "mime": "image/png"},
    ]


class ProflabWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = ProflabTests.kernel_name
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()

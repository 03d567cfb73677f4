#!/usr/bin/env bash
# A Python environment with the peers of the benchmarks, in .venv (ignored by git).
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv .venv
.venv/bin/pip install --quiet --upgrade pip
.venv/bin/pip install --quiet torch numpy
.venv/bin/python -c 'import torch; print("torch", torch.__version__)'

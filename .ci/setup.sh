# Sourced by ./run and ./test. Makes .venv from the hashed locks below requirements/; does nothing when it is up
# to date. Needs Python 3.11 or newer and nothing else; takes uv when it is there, pip otherwise.

export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME

# find_python: prints a Python of version 3.11 or newer; TINHGON_PYTHON names one by hand.
find_python() {
  local candidate
  for candidate in "${TINHGON_PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14 python; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return 0
    fi
  done
  echo "E-PYTHON no Python of version 3.11 or newer found on PATH." >&2
  echo "Mend: install one, or name it: TINHGON_PYTHON=/path/to/python3.11 $0" >&2
  return 1
}

# set_up base|dev: the environment for running, or for running and testing. A dev environment serves both.
set_up() {
  local want="$1" lock python stamp hash
  local -a locks=(requirements/base.txt)
  [ "$want" = dev ] && locks+=(requirements/dev.txt)
  stamp=".venv/.tinhgon-$want"
  hash="$(cat "${locks[@]}" .ci/setup.sh | sha256)"
  if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$PWD $hash" ]; then
    return 0
  fi
  python="$(find_python)"
  echo "Setting up .venv: $("$python" --version), $(cat "${locks[@]}" | grep -c '^[a-z0-9].*==') packages, about a minute." >&2
  # A folder that was moved or copied keeps the old place inside its scripts: make it anew.
  if [ ! -x .venv/bin/python ] || ! grep -qsF "$PWD/.venv" .venv/bin/activate; then
    rm -rf .venv
    echo "  making .venv" >&2
    if command -v uv >/dev/null; then
      "$python" -m venv --without-pip .venv
    elif ! "$python" -m venv .venv; then
      echo "E-VENV $python cannot make a virtual environment." >&2
      echo "Mend: install the system's package for it (python3-venv) or uv, then start again." >&2
      return 1
    fi
  fi
  if command -v uv >/dev/null; then
    echo "  downloading and installing with uv" >&2
    uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode $(printf -- '-r %s ' "${locks[@]}")
  else
    echo "  downloading and installing with pip (a few minutes; uv would be faster)" >&2
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    .venv/bin/python -m pip install --quiet --require-hashes $(printf -- '-r %s ' "${locks[@]}")
  fi
  echo "  linking the command tinhgon" >&2
  link_project
  rm -f .venv/.tinhgon-*
  echo "$PWD $hash" >"$stamp"
  echo "Set up: .venv is ready." >&2
  if [ "$want" = dev ]; then
    echo "$PWD $(cat requirements/base.txt .ci/setup.sh | sha256)" >.venv/.tinhgon-base
  fi
}

# link_project: the checkout itself on the import path, and the command `tinhgon`. No build tool is needed for it.
link_project() {
  .venv/bin/python - "$PWD" <<'PY'
import sys, sysconfig
from pathlib import Path

root, site = Path(sys.argv[1]), Path(sysconfig.get_path("purelib"))
for old in [*site.glob("__editable__*tinhgon*"), *site.glob("__pycache__/__editable__*tinhgon*")]:
    old.unlink()
(site / "tinhgon-checkout.pth").write_text(f"{root}\n")
script = Path(sysconfig.get_path("scripts")) / "tinhgon"
script.write_text(f"#!{sys.executable}\nfrom pipelines.cli import main\n\nmain()\n")
script.chmod(0o755)
PY
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1
}

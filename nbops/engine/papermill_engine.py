"""The engine ``nbops`` of papermill: ``papermill in.ipynb out.ipynb --engine nbops``.

papermill loads this module while it is itself being imported, so nothing of papermill, and nothing heavy, is imported
with it; papermill asks an engine for three methods and for no base class.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NbopsEngine"]


class NbopsEngine:
    """Runs a notebook as ``nbops run`` does, for papermill's command line and its Python function."""

    @classmethod
    def execute_notebook(  # noqa: PLR0917 - the order is papermill's
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> Any:
        """Execute *nb* and return it; called by papermill, after it put the parameters in.

        Raises:
            ParameterError: A parameter is unknown, missing, or of the wrong type.
            KernelError: There is no such kernel, or it speaks another language.
            OutputError: The executed notebook cannot be written.
        """
        from nbops.engine.production.papermill_door import execute

        return execute(nb, kernel_name, output_path, progress_bar=progress_bar, log_output=log_output, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Return the kernel that *nb* asks for, or *name*."""
        return str(name or nb.metadata.get("kernelspec", {}).get("name") or "python3")

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """Return the language of *nb*, or *language*."""
        metadata = nb.metadata
        found = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language")
        return str(language or found or "python")

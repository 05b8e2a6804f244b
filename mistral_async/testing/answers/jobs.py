"""Batch and fine-tuning jobs: created, listed, shown, started, cancelled and deleted."""

from __future__ import annotations

from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Checked
from mistral_async.testing.state.paging import page


def list_batch_jobs(account: Account, checked: Checked) -> Json:
    """``GET /v1/batch/jobs``."""
    account.batch.advance()
    jobs = account.batch.matching(checked.query)
    shown = [job.shown() for job in page(jobs, checked.query)]
    return Json(content={"data": shown, "object": "list", "total": len(jobs)})


def create_batch_job(account: Account, checked: Checked) -> Json:
    """``POST /v1/batch/jobs``."""
    if model := checked.body.get("model"):
        account.models.must_exist(model)
    if agent := checked.body.get("agent_id"):
        account.agent_model(agent)
    return Json(content=account.batch.create(checked.body).shown())


def retrieve_batch_job(account: Account, checked: Checked) -> Json:
    """``GET /v1/batch/jobs/{job_id}``."""
    account.batch.advance()
    job = account.batch.get(checked.path[0])
    return Json(content=job.shown(account.batch.outputs(job) if checked.query.get("inline") else None))


def cancel_batch_job(account: Account, checked: Checked) -> Json:
    """``POST /v1/batch/jobs/{job_id}/cancel``."""
    account.batch.advance()
    return Json(content=account.batch.cancel(checked.path[0]).shown())


def delete_batch_job(account: Account, checked: Checked) -> Json:
    """``DELETE /v1/batch/jobs/{job_id}``."""
    account.batch.delete(checked.path[0])
    return Json(content={"id": checked.path[0], "object": "batch", "deleted": True})


def list_fine_tuning_jobs(account: Account, checked: Checked) -> Json:
    """``GET /v1/fine_tuning/jobs``."""
    account.fine_tuning.advance()
    jobs = account.fine_tuning.matching(checked.query)
    shown = [job.shown() for job in page(jobs, checked.query)]
    return Json(content={"data": shown, "object": "list", "total": len(jobs)})


def create_fine_tuning_job(account: Account, checked: Checked) -> Json:
    """``POST /v1/fine_tuning/jobs``."""
    draft = account.fine_tuning.draft(checked.body)
    if checked.query.get("dry_run"):
        return Json(content=draft.estimate())
    return Json(content=account.fine_tuning.create(draft).shown())


def retrieve_fine_tuning_job(account: Account, checked: Checked) -> Json:
    """``GET /v1/fine_tuning/jobs/{job_id}``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.get(checked.path[0]).shown(detailed=True))


def cancel_fine_tuning_job(account: Account, checked: Checked) -> Json:
    """``POST /v1/fine_tuning/jobs/{job_id}/cancel``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.cancel(checked.path[0]).shown(detailed=True))


def start_fine_tuning_job(account: Account, checked: Checked) -> Json:
    """``POST /v1/fine_tuning/jobs/{job_id}/start``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.start(checked.path[0]).shown(detailed=True))

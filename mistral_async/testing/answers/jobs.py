"""Batch and fine-tuning jobs: created, listed, shown, started, cancelled and deleted."""

from __future__ import annotations

from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Call
from mistral_async.testing.state.paging import page


def list_batch_jobs(account: Account, call: Call) -> Json:
    """``GET /v1/batch/jobs``."""
    account.batch.advance()
    jobs = account.batch.matching(call.query)
    shown = [job.shown() for job in page(jobs, call.query)]
    return Json(content={"data": shown, "object": "list", "total": len(jobs)})


def create_batch_job(account: Account, call: Call) -> Json:
    """``POST /v1/batch/jobs``."""
    if model := call.body.get("model"):
        account.models.must_exist(model)
    if agent := call.body.get("agent_id"):
        account.agent_model(agent)
    return Json(content=account.batch.create(call.body).shown())


def retrieve_batch_job(account: Account, call: Call) -> Json:
    """``GET /v1/batch/jobs/{job_id}``."""
    account.batch.advance()
    job = account.batch.get(call.path[0])
    return Json(content=job.shown(account.batch.outputs(job) if call.query.get("inline") else None))


def cancel_batch_job(account: Account, call: Call) -> Json:
    """``POST /v1/batch/jobs/{job_id}/cancel``."""
    account.batch.advance()
    return Json(content=account.batch.cancel(call.path[0]).shown())


def delete_batch_job(account: Account, call: Call) -> Json:
    """``DELETE /v1/batch/jobs/{job_id}``."""
    account.batch.delete(call.path[0])
    return Json(content={"id": call.path[0], "object": "batch", "deleted": True})


def list_fine_tuning_jobs(account: Account, call: Call) -> Json:
    """``GET /v1/fine_tuning/jobs``."""
    account.fine_tuning.advance()
    jobs = account.fine_tuning.matching(call.query)
    shown = [job.shown() for job in page(jobs, call.query)]
    return Json(content={"data": shown, "object": "list", "total": len(jobs)})


def create_fine_tuning_job(account: Account, call: Call) -> Json:
    """``POST /v1/fine_tuning/jobs``."""
    draft = account.fine_tuning.draft(call.body)
    if call.query.get("dry_run"):
        return Json(content=draft.estimate())
    return Json(content=account.fine_tuning.create(draft).shown())


def retrieve_fine_tuning_job(account: Account, call: Call) -> Json:
    """``GET /v1/fine_tuning/jobs/{job_id}``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.get(call.path[0]).shown(detailed=True))


def cancel_fine_tuning_job(account: Account, call: Call) -> Json:
    """``POST /v1/fine_tuning/jobs/{job_id}/cancel``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.cancel(call.path[0]).shown(detailed=True))


def start_fine_tuning_job(account: Account, call: Call) -> Json:
    """``POST /v1/fine_tuning/jobs/{job_id}/start``."""
    account.fine_tuning.advance()
    return Json(content=account.fine_tuning.start(call.path[0]).shown(detailed=True))

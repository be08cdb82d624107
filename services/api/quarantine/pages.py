"""Pages of quarantine."""

from fastapi import APIRouter

router = APIRouter()

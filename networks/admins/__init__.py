"""Users as the page has them: platform admins, who are superusers of ours."""
